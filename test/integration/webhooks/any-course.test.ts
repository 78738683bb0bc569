import * as fc from 'fast-check'
import { minuteMs } from '../../../lib/time.ts'
import { createLostSweep } from '../../../lib/webhooks/deliveries/lost.ts'
import { useDatabase } from '../../support/database.ts'
import {
  type Answer,
  createWebhookDesk,
  type Handed,
  hangs,
  refuses,
  succeeds,
} from '../../support/webhook-desk.ts'

const { sql } = useDatabase()
const desk = createWebhookDesk(sql)

const answers: readonly Answer[] = [succeeds, refuses, hangs, { status_code: 429, error: 'status' }]
const step = fc.oneof(
  fc.constant({ kind: 'publish' } as const),
  fc.constant({ kind: 'dispatch' } as const),
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.constantFrom(1, 9, 10, 45, 400, 1_500) }),
  // Of all that was ever handed over: so results come late, twice, in any order, and some contradict each other.
  fc.record({ kind: fc.constant('answer' as const), which: fc.nat(), answer: fc.constantFrom(...answers) }),
)

interface State {
  readonly id: string
  readonly status: string
  readonly attempt_count: number
  readonly tries: number
  readonly numbers: readonly number[]
  readonly has_succeeded: boolean
}
const states = () => sql<State[]>`
  select d.id, d.status, d.attempt_count, d.tries,
    array(select number from webhook_attempts a where a.delivery_id = d.id order by number) as numbers,
    exists (select from webhook_attempts a where a.delivery_id = d.id and a.error is null) as has_succeeded
  from webhook_deliveries d
`

test('whatever comes in whatever order, an attempt counts once and a success is one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await desk.clear()
      const giveUpLost = createLostSweep({ sql, random: () => 0.5 })
      const account = await desk.addAccount()
      await desk.addEndpoint(account)
      const handed: Handed[] = []
      const succeeded = new Set<string>()
      for (const one of steps) {
        if (one.kind === 'publish') await desk.publish(account)
        else if (one.kind === 'pass') desk.pass(one.minutes * minuteMs)
        else if (one.kind === 'dispatch') {
          await giveUpLost(desk.now())
          await desk.dispatchAll()
          handed.push(...desk.takeHanded())
        } else if (handed.length > 0) {
          const message = handed[one.which % handed.length]!
          await desk.answer(message, one.answer)
          if (one.answer === succeeds) succeeded.add(message.delivery_id)
        }
      }
      for (const state of await states()) {
        expect(state.numbers).toEqual(Array.from({ length: state.attempt_count }, (_, index) => index + 1))
        expect(state.status === 'succeeded').toBe(succeeded.has(state.id))
        expect(state.has_succeeded).toBe(succeeded.has(state.id))
        expect(state.tries).toBeLessThanOrEqual(Math.min(state.attempt_count, 10))
      }
      const [health] =
        await sql`select failures_in_row, first_failure_at, last_success_at from webhook_endpoints`
      if (health!.first_failure_at && health!.last_success_at)
        expect(health!.first_failure_at.getTime()).toBeGreaterThan(health!.last_success_at.getTime())
      expect(health!.failures_in_row > 0).toBe(health!.first_failure_at !== null)
    }),
    { numRuns: 60 },
  )
}, 120_000)
