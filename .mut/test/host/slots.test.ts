import { expect, test } from 'vitest';
import { Slots } from '../../src/host/slots.ts';

test('gives out so many slots at once, the rest in the order of asking', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const first = await slots.take();
  const second = await slots.take();
  const third = slots.take().then((release) => {
    order.push(3);
    return release;
  });
  const fourth = slots.take().then((release) => {
    order.push(4);
    return release;
  });
  first();
  await third;
  expect(order).toEqual([3]);
  second();
  (await third)();
  (await fourth)();
  expect(order).toEqual([3, 4]);
});

test('a release that is called twice frees one slot', async () => {
  const slots = new Slots(1);
  const release = await slots.take();
  release();
  release();
  await slots.take();
  const abort = new AbortController();
  const extra = slots.take(abort.signal);
  abort.abort();
  await expect(extra).rejects.toMatchObject({ code: 'aborted' });
});

test('an aborted waiter takes no slot', async () => {
  const slots = new Slots(1);
  const release = await slots.take();
  const abort = new AbortController();
  const gone = slots.take(abort.signal);
  const next = slots.take();
  abort.abort();
  await expect(gone).rejects.toMatchObject({ code: 'aborted' });
  release();
  (await next)();
  await expect(slots.take(abort.signal)).rejects.toMatchObject({ code: 'aborted' });
});
