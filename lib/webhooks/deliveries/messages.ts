import type { FieldCipher } from '../../auth/field-cipher.ts'
import type { QueueMessage } from '../../aws/job-queue.ts'
import type { Db } from '../../db/client.ts'
import { type PublicEventRow, toEnvelope } from '../../public-events/envelope.ts'
import { earlier, minuteMs } from '../../time.ts'
import { openHeaders } from '../endpoints/headers.ts'
import { listSigningSecrets } from '../endpoints/secrets.ts'
import { sealMessage } from '../message.ts'
import type { Claim } from './claims-repository.ts'
import { listDestinations, listEvents } from './messages-repository.ts'

export interface MessageDependencies {
  readonly sql: Db
  /** Of what is stored sealed. */
  readonly fieldCipher: FieldCipher
  /** Of what is handed to the sender. */
  readonly messageCipher: Pick<FieldCipher, 'seal'>
}

interface Destination {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** The sender begins none so late that its result could come after the claim. */
const resultPatienceMs = minuteMs

/** What the sender is handed for each claim. One that cannot be made, and why, does not hold up the others. */
export async function makeMessages(
  dependencies: MessageDependencies,
  claims: readonly Claim[],
  now: Date,
): Promise<PromiseSettledResult<QueueMessage>[]> {
  const { sql, fieldCipher, messageCipher } = dependencies
  const events = new Map((await listEvents(sql, idsOf(claims, 'event_id'))).map((row) => [row.id, row]))
  const endpoints = await listDestinations(sql, idsOf(claims, 'endpoint_id'))
  const opening = new Map<string, Promise<Destination>>()
  for (const { id, url, sealed_headers } of endpoints) {
    const opened = openDestination({ id, url, sealed_headers })
    // Whoever needs it is told.
    opened.catch(() => {})
    opening.set(id, opened)
  }
  return Promise.allSettled(
    claims.map(async (claim) =>
      toMessage(claim, events.get(claim.event_id), await opening.get(claim.endpoint_id)),
    ),
  )

  async function openDestination({ id, url, sealed_headers }: (typeof endpoints)[number]) {
    const sealed = await listSigningSecrets(sql, id, now)
    const secrets = await Promise.all(sealed.map(fieldCipher.open))
    return { url, secrets, headers: await openHeaders(fieldCipher, sealed_headers) }
  }

  async function toMessage(
    claim: Claim,
    event: PublicEventRow | undefined,
    destination: Destination | undefined,
  ): Promise<QueueMessage> {
    if (!event || !destination) throw new Error(`There is nothing left to send for the delivery ${claim.id}`)
    const body = await sealMessage(messageCipher, {
      delivery_id: claim.id,
      attempt: claim.attempt,
      event_id: claim.event_id,
      url: destination.url,
      body: JSON.stringify(toEnvelope(event)),
      headers: { ...destination.headers },
      secrets: [...destination.secrets],
      not_after: earlier(claim.claimed_until, resultPatienceMs).toISOString(),
    })
    return { id: claim.id, body, ...delayOf(claim, now) }
  }
}

/** A retry is never early; turns are taken by the second, as the queue counts. */
function delayOf({ next_attempt_at, turn_at }: Claim, now: Date) {
  const seconds = (at: Date) => (at.getTime() - now.getTime()) / 1000
  const delay_seconds = Math.max(Math.ceil(seconds(next_attempt_at)), Math.floor(seconds(turn_at)))
  return delay_seconds > 0 ? { delay_seconds } : {}
}

const idsOf = (claims: readonly Claim[], key: 'event_id' | 'endpoint_id') => [
  ...new Set(claims.map((claim) => claim[key])),
]
