import { jest } from '@jest/globals'
import { createMessageLease } from '../../../lib/aws/message-lease.ts'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

function prepare(hide = async () => {}) {
  const calls: [string, number][] = []
  const queue = {
    hide: (receipt: string, seconds: number) => {
      calls.push([receipt, seconds])
      return hide()
    },
  }
  return { calls, lease: createMessageLease({ queue, seconds: 60 }) }
}

test('hides a message from the start of its work and again every third of the time', async () => {
  const { calls, lease } = prepare()
  const work = Promise.withResolvers<void>()
  const holding = lease.hold('r1', () => work.promise)

  expect(calls).toEqual([['r1', 60]])
  await jest.advanceTimersByTimeAsync(45_000)
  expect(calls).toHaveLength(3)
  work.resolve()
  await holding
  await jest.advanceTimersByTimeAsync(120_000)
  expect(calls).toHaveLength(3)
})

test('passes a failure on only when no renewal is under way any more', async () => {
  const renewal = Promise.withResolvers<void>()
  const { lease } = prepare(() => renewal.promise)
  const order: string[] = []

  const holding = lease
    .hold('r1', () => Promise.reject(new Error('the work failed')))
    .catch((error: Error) => order.push(error.message))
  await jest.advanceTimersByTimeAsync(10)
  order.push('renewed')
  renewal.resolve()
  await holding

  expect(order).toEqual(['renewed', 'the work failed'])
})

test('goes on when the queue does not answer', async () => {
  const { lease } = prepare(() => Promise.reject(new Error('away')))
  let isDone = false
  await lease.hold('r1', async () => {
    isDone = true
  })
  expect(isDone).toBe(true)
})
