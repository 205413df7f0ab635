import { describe, expect, it } from 'vitest';
import { liveObstacles } from '../../src/gate/live-obstacles.ts';
import type { PathFacts } from '../../src/host/commands/observe-path.ts';

const directory = (path: string): PathFacts => ({
  path,
  kind: 'directory',
  mountPoint: false,
  device: 1,
  uid: 0,
  gid: 0,
  mode: 0o755,
  inode: '7.0',
});
const live = directory('/srv/app');
const parent = directory('/srv');
const absent: PathFacts = { path: '/srv/app', kind: 'absent' };

describe('a live path', () => {
  it('is free for a first deploy, and a tree for every other', () => {
    expect(liveObstacles({}, { first: true }, [absent, parent])).toEqual([]);
    expect(liveObstacles({}, { first: false }, [live, parent])).toEqual([]);
  });

  it('is refused where the plan says otherwise, and the plan’s field is named', () => {
    expect(liveObstacles({}, { first: true }, [live, parent])).toEqual([
      '/srv/app: expected nothing, got a directory; the plan says target.first: take it out if this is no first deploy',
    ]);
    expect(liveObstacles({ target: 'docs' }, { first: false }, [absent, parent])).toEqual([
      '/srv/app: expected a plain directory, got nothing; a first deploy says so: set targets.docs.first to true in the plan',
    ]);
  });

  it('is not made without a directory to lie in', () => {
    const nowhere: PathFacts = { path: '/srv', kind: 'absent' };
    expect(liveObstacles({}, { first: true }, [absent, nowhere])).toEqual([
      '/srv: expected a plain directory, got nothing; make it',
    ]);
  });
});
