import { jest } from '@jest/globals'
import type { Logger } from '../../../infra/local/log.ts'
import { startSchedules } from '../../../infra/local/schedules.ts'
import { createTemplate } from '../../../infra/local/template.ts'

const target = 'arn:aws:lambda:us-east-1:000000000000:function:veza-local-outbox-relay'

function start({ properties = {}, allowed = true, error = false } = {}) {
  const invoked: { target: string; event: Record<string, unknown> }[] = []
  const asked: string[][] = []
  const errors: string[] = []
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: (message) => void errors.push(message) }
  const schedule = {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: 'veza-local-outbox-relay',
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Target: { Arn: target, RoleArn: 'arn:aws:iam::000000000000:role/relay-schedule' },
      ...properties,
    },
  }
  const schedules = startSchedules({
    template: createTemplate(new Map([['App', { Resources: { S: schedule } }]]), {}),
    async invoke(name, payload) {
      invoked.push({ target: name, event: JSON.parse(payload) })
      return { payload: '"done"', requestId: 'r', ...(error && { functionError: 'Unhandled' as const }) }
    },
    async authorize(...need) {
      asked.push(need)
      return { allowed }
    },
    logger,
    now: () => new Date('2026-03-01T00:00:00Z'),
  })
  return { schedules, invoked, asked, errors }
}

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

test('invokes its target at its rate, in the name of its role', async () => {
  const { schedules, invoked, asked } = start()

  await jest.advanceTimersByTimeAsync(121_000)
  schedules.stop()
  await jest.advanceTimersByTimeAsync(121_000)

  expect(invoked).toHaveLength(2)
  expect(invoked[0]).toMatchObject({
    target,
    event: { source: 'aws.scheduler', 'detail-type': 'Scheduled Event', time: '2026-03-01T00:00:00.000Z' },
  })
  expect(asked[0]).toEqual(['relay-schedule', 'lambda:InvokeFunction', target])
})

test.each(['veza-local-outbox-relay', 'outbox-relay'])('runs %s at once when asked', async (name) => {
  const { schedules, invoked } = start({
    properties: { Target: { Arn: target, RoleArn: 'role/r', Input: '{"a":1}' } },
  })

  expect(schedules.has(name)).toBe(true)
  expect(await schedules.run(name)).toMatchObject({ payload: '"done"' })
  expect(invoked).toEqual([{ target, event: { a: 1 } }])
  schedules.stop()
})

test('does not run without a grant, and says so', async () => {
  const { schedules, invoked, errors } = start({ allowed: false })

  await jest.advanceTimersByTimeAsync(61_000)
  schedules.stop()

  expect(invoked).toEqual([])
  expect(errors).toEqual([expect.stringContaining('veza-local-outbox-relay may not invoke')])
})

test('says when the function fails', async () => {
  const { schedules, errors } = start({ error: true })

  await jest.advanceTimersByTimeAsync(61_000)
  schedules.stop()

  expect(errors).toEqual(['The run of veza-local-outbox-relay failed: "done"'])
})

test('lets a disabled schedule rest', async () => {
  const { schedules, invoked } = start({ properties: { State: 'DISABLED' } })

  await jest.advanceTimersByTimeAsync(121_000)
  schedules.stop()

  expect(invoked).toEqual([])
})

test('refuses an expression it cannot follow', () => {
  expect(() => start({ properties: { ScheduleExpression: 'cron(0 3 * * ? *)' } })).toThrow(
    'App.S: the schedule cron(0 3 * * ? *) does not run here',
  )
})
