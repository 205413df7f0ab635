import { answerCommand } from './answer-command.ts';

const { code, stdout, stderr } = await answerCommand(process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
