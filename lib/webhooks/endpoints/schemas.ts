import * as z from 'zod/mini'
import { id } from '../../http/id.ts'
import { moment, page, timestamp } from '../../http/route.ts'
import { prose } from '../../text.ts'
import { longestUrl } from '../longest-url.ts'
import { filter } from './filter.ts'
import { headers } from './headers.ts'
import { secret } from './secret.ts'

const endpointStatus = z.enum(['enabled', 'disabled'])

export const recovery = z.object({
  since: timestamp,
  /** What comes later is sent anyway. */
  until: timestamp,
  status: z.enum(['running', 'done']),
  recovered_count: z.int(),
  created_at: timestamp,
  ended_at: z.nullable(timestamp),
})
export type Recovery = z.output<typeof recovery>

export const endpoint = z.object({
  id: z.uuid(),
  url: z.string(),
  description: z.string(),
  /** Empty: all of them. */
  event_types: z.array(z.string()),
  filter: z.nullable(filter),
  /** Those sent along with every webhook; what they are set to is never shown. */
  header_names: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  rate_per_second: z.int(),
  /** Of the payloads it gets; pinned when the endpoint is made. */
  api_version: z.string(),
  status: endpointStatus,
  /** `owner`: by you · `failing`: nothing but failures for days · `gone`: it answered 410. */
  disabled_reason: z.nullable(z.enum(['owner', 'failing', 'gone'])),
  disabled_at: z.nullable(timestamp),
  /** Of the failures since the last success. */
  failures_in_row: z.int(),
  first_failure_at: z.nullable(timestamp),
  last_failure_at: z.nullable(timestamp),
  last_success_at: z.nullable(timestamp),
  /** Until when each of the old secrets signs as well, the newest first. */
  old_secrets_expire_at: z.array(timestamp),
  /** The last one. */
  recovery: z.nullable(recovery),
  revision: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Endpoint = z.output<typeof endpoint>

export const endpointPage = page(endpoint)

/** Shown this once. */
export const newEndpoint = z.extend(endpoint, { secret: z.string() })

const url = z.string().check(z.trim(), z.minLength(1), z.maxLength(longestUrl))
const everyType = '*'
/** Which of them there are is for the catalogue to say. */
const eventTypes = z.pipe(
  z.array(z.string().check(z.maxLength(100))).check(z.maxLength(100)),
  z.transform((types) => (types.length === 1 && types[0] === everyType ? [] : [...new Set(types)])),
)
const mostMetadata = 20
const metadata = z
  .record(z.string().check(z.regex(/^[\w.-]{1,40}$/)), z.string().check(z.maxLength(500)))
  .check(
    z.refine((value) => Object.keys(value).length <= mostMetadata, {
      message: `There may be ${mostMetadata} of them`,
      params: { code: 'too_big' },
    }),
  )
const ratePerSecond = z.int().check(z.minimum(1), z.maximum(100))

export const createEndpoint = z.strictObject({
  url,
  description: z._default(prose(500), ''),
  /** None, or `*`: all of them. */
  event_types: z._default(eventTypes, []),
  filter: z._default(z.nullable(filter), null),
  headers: z._default(headers, {}),
  metadata: z._default(metadata, {}),
  rate_per_second: z._default(ratePerSecond, 10),
  status: z._default(endpointStatus, 'enabled'),
  /** Made up unless given. */
  secret: z.optional(secret),
})
export type CreateEndpoint = z.output<typeof createEndpoint>

export const updateEndpoint = z.strictObject({
  url: z.optional(url),
  description: z.optional(prose(500)),
  event_types: z.optional(eventTypes),
  filter: z.optional(z.nullable(filter)),
  /** In place of all that there are. */
  headers: z.optional(headers),
  metadata: z.optional(metadata),
  rate_per_second: z.optional(ratePerSecond),
  status: z.optional(endpointStatus),
})
export type UpdateEndpoint = z.output<typeof updateEndpoint>

export const endpointParams = z.object({ endpoint_id: id })

const mostOverlapSeconds = 7 * 24 * 3_600

export const rotateSecret = z.strictObject({
  /** How long the secrets up to now go on signing beside the new one; 0: not at all. */
  overlap_seconds: z._default(z.int().check(z.minimum(0), z.maximum(mostOverlapSeconds)), 24 * 3_600),
  secret: z.optional(secret),
})
export type RotateSecret = z.output<typeof rotateSecret>

export const rotatedSecret = z.object({
  secret: z.string(),
  old_secrets_expire_at: z.array(timestamp),
})

/** `webhook.test` unless another type is named, whose example is sent then. */
export const testEndpoint = z.strictObject({
  event_type: z._default(z.string().check(z.maxLength(100)), 'webhook.test'),
})

export const startedTest = z.object({ delivery_id: z.uuid(), event_id: z.uuid(), event_type: z.string() })

export const recoverEndpoint = z.strictObject({ since: moment })
