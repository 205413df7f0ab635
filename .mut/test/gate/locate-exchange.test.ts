import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Exchange, locate, type Seen } from '../../src/gate/exchange-trees.ts';
import { locatePlacing, type Placing } from '../../src/gate/place-tree.ts';

const exchange: Exchange = {
  way: 'perl',
  live: '/srv/app',
  incoming: '/srv/app.staged',
  outgoing: '/srv/app.pre',
  was: 'old',
  becomes: 'new',
};

/** What exchange and rename do to the host, step by step. */
const before: Seen = { live: 'old', incoming: 'new', outgoing: null };
const exchanged: Seen = { live: 'new', incoming: 'old', outgoing: null };
const done: Seen = { live: 'new', incoming: null, outgoing: 'old' };

describe('locating an exchange', () => {
  it('knows each point at which a killed run may have stopped', () => {
    expect(locate(exchange, before)).toEqual({ at: 'before' });
    expect(locate(exchange, exchanged)).toEqual({ at: 'exchanged' });
    expect(locate(exchange, done)).toEqual({ at: 'done' });
  });

  it('calls everything else drift, and names what differs', () => {
    const digest = fc.constantFrom('old', 'new', 'other', null);
    fc.assert(
      fc.property(fc.record({ live: digest, incoming: digest, outgoing: digest }), (seen) => {
        const known = [before, exchanged, done].some((each) => JSON.stringify(each) === JSON.stringify(seen));
        expect(locate(exchange, seen).at === 'drift').toBe(!known);
      }),
    );
    expect(locate(exchange, { ...before, live: 'other' })).toEqual({
      at: 'drift',
      what: '/srv/app: expected old, got other',
    });
  });

  it('takes any live tree on the way back, but never another anchor', () => {
    const back: Exchange = { ...exchange, was: null };
    expect(locate(back, { live: 'edited by hand', incoming: 'new', outgoing: null })).toEqual({
      at: 'before',
    });
    expect(locate(back, { live: 'edited by hand', incoming: 'other', outgoing: null }).at).toBe('drift');
  });
});

describe('locating the rename of a first tree', () => {
  const placing: Placing = { way: 'perl', from: '/srv/app.staged', to: '/srv/app', tree: 'new' };

  it('knows both points at which a killed run may have stopped, and calls all else drift', () => {
    const digest = fc.constantFrom('new', 'other', 'a symlink', null);
    fc.assert(
      fc.property(digest, digest, (from, to) => {
        const at =
          from === 'new' && to === null ? 'before' : from === null && to === 'new' ? 'done' : 'drift';
        expect(locatePlacing(placing, { from, to }).at).toBe(at);
      }),
    );
    expect(locatePlacing(placing, { from: 'new', to: 'other' })).toEqual({
      at: 'drift',
      what: '/srv/app: expected nothing, got other',
    });
  });

  it('takes any tree out by itself, but never onto another', () => {
    const back: Placing = { ...placing, from: '/srv/app', to: '/srv/app.bad', tree: null };
    expect(locatePlacing(back, { from: 'edited by hand', to: null }).at).toBe('before');
    expect(locatePlacing(back, { from: 'edited by hand', to: 'other' }).at).toBe('drift');
    expect(locatePlacing(back, { from: null, to: null }).at).toBe('drift');
  });
});
