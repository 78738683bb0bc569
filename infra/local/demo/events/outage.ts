import type { Json } from '../../client.ts'
import { detail, finished } from '../steps.ts'
import type { Artist } from './artist.ts'
import type { Time } from './time.ts'

const hourMs = 3_600_000

/** Moves the clock from one attempt to the next until the endpoint is disabled; another event comes on the fourth day. */
export async function outlive(artist: Artist, endpointId: string, time: Time): Promise<void> {
  const started = Date.now()
  const wallClock = performance.now()
  let isLateEventSent = false
  for (;;) {
    const endpoint = await artist.readEndpoint(endpointId)
    if (endpoint.status === 'disabled') {
      const days = (
        (Date.parse(endpoint.disabled_at) - Date.parse(endpoint.first_failure_at)) /
        hourMs /
        24
      ).toFixed(1)
      detail(
        `disabled after ${days} days (${endpoint.disabled_reason}), ${endpoint.failures_in_row} failures in a row`,
      )
      break
    }
    if (!isLateEventSent && Date.now() - started > 3 * 24 * hourMs) {
      isLateEventSent = true
      await artist.makeTrack('Soir')
    }
    await tryNext(artist, endpointId, time)
  }
  // The clock has been moved meanwhile.
  finished('Every attempt of five days', Date.now() - Math.round(performance.now() - wallClock))
}

const attemptsOf = (deliveries: readonly Json[]) =>
  deliveries.reduce((total, { attempt_count }) => total + attempt_count, 0)

/** To the attempt that is due first, or half a day on where none is. */
async function tryNext(artist: Artist, endpointId: string, time: Time): Promise<void> {
  const deliveries = await artist.deliveries(endpointId)
  const due = deliveries
    .filter(({ status }) => status === 'pending')
    .map((one) => Date.parse(one.next_attempt_at))
  if (due.length === 0) return time.advance(12 * hourMs)
  await time.advance(Math.min(...due) - Date.now() + 1_000)
  await time.run('send-webhooks')
  await artist.waitFor('an attempt', async () => {
    const isMore = attemptsOf(await artist.deliveries(endpointId)) > attemptsOf(deliveries)
    // Once it is disabled there is none.
    return isMore || (await artist.readEndpoint(endpointId)).status === 'disabled' || undefined
  })
}

/** Of the delivery that was tried most. */
export function printAttempts(deliveries: readonly Json[]): void {
  const [most] = deliveries.toSorted((a, b) => b.attempt_count - a.attempt_count)
  detail(`${most.event_type} was tried ${most.attempt_count} times:`)
  const first = Date.parse(most.attempts[0].at)
  for (const { number, at, status_code, duration_ms } of most.attempts) {
    detail(
      `${String(number).padStart(3)}  after ${span(Date.parse(at) - first).padEnd(9)} ${status_code}  ${duration_ms} ms`,
    )
  }
}

function span(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`
  return ms < hourMs ? `${Math.round(ms / 60_000)} min` : `${(ms / hourMs).toFixed(1)} h`
}
