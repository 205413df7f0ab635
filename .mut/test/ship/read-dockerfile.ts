// As much of a Dockerfile as its test needs: stages of instructions, continued lines joined, comments left out.
export interface Instruction {
  /** In capitals, such as COPY. */
  readonly instruction: string;
  readonly text: string;
}

/** The stages, each with its FROM first; what stands before the first FROM is left out. */
export function readDockerfile(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === '') continue;
    const read = { instruction: instruction.toUpperCase(), text: rest.trim() };
    if (read.instruction === 'FROM') stages.push([]);
    stages.at(-1)?.push(read);
  }
  return stages;
}

/** What a stage takes from the build context. */
export function copySources(stage: readonly Instruction[]): string[] {
  return stage
    .filter(({ instruction, text }) => instruction === 'COPY' && !text.includes('--from='))
    .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
}
