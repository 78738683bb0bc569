import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { line } from '../text.ts'
import { track } from '../tracks/schemas.ts'
import { person } from '../users/person.ts'

const collaboratorRole = z.enum(['editor', 'commenter', 'viewer'])

export const collaborator = z.object({
  id: z.uuid(),
  user: person,
  /** A viewer sees the track in any state, a commenter may comment on it too, an editor changes and uploads. */
  role: collaboratorRole,
  status: z.enum(['invited', 'accepted']),
  credit: z.nullable(z.string()),
  created_at: timestamp,
  accepted_at: z.nullable(timestamp),
})
export type Collaborator = z.output<typeof collaborator>

export const collaboratorPage = page(collaborator)

export const collaboratorParams = z.object({ track_id: z.uuid(), user_id: z.uuid() })

/** Hundredths of a percent. */
const bps = z.int().check(z.minimum(0), z.maximum(10_000))

/** What is left out stays as it was. */
export const putCollaborator = z.strictObject({
  role: collaboratorRole,
  /** What they are named for: `Mixing`, `Vocals`. */
  credit: z.nullish(line(200).check(z.minLength(1))),
  /** Proposes the present split sheet with this share of theirs. */
  split_bps: z.optional(bps),
})
export type PutCollaborator = z.output<typeof putCollaborator>

/** Enough of a track, which the invited one may not see yet, to decide. */
export const invitation = z.object({
  id: z.uuid(),
  track: z.object({ id: z.uuid(), title: z.string() }),
  owner: person,
  role: collaboratorRole,
  credit: z.nullable(z.string()),
  /** The share that is proposed to them, if any. */
  split_bps: z.nullable(z.int()),
  created_at: timestamp,
})
export type Invitation = z.output<typeof invitation>

export const invitationPage = page(invitation)

/** A track, and the caller's part in it. */
export const collaborationPage = page(
  z.extend(track, {
    role: collaboratorRole,
    credit: z.nullable(z.string()),
    accepted_at: z.nullable(timestamp),
  }),
)

const splitEntry = z.object({
  user: person,
  split_bps: z.int(),
  /** Null until they have accepted the sheet. */
  accepted_at: z.nullable(timestamp),
})

const splitSheet = z.object({
  revision: z.int(),
  entries: z.array(splitEntry),
  created_at: timestamp,
  effective_at: z.nullable(timestamp),
})
export type SplitSheet = z.output<typeof splitSheet>

export const splits = z.object({
  /** Null as long as none was agreed on: all is the owner's. */
  in_force: z.nullable(splitSheet),
  proposed: z.nullable(splitSheet),
})
export type Splits = z.output<typeof splits>

const mostEntries = 100

/** Of everybody but the owner, who has what they leave. */
export const proposeSplits = z.strictObject({
  entries: z.array(z.strictObject({ user_id: z.uuid(), split_bps: bps })).check(
    z.maxLength(mostEntries),
    z.refine((entries) => new Set(entries.map(({ user_id }) => user_id)).size === entries.length, {
      message: 'Somebody stands here twice',
      params: { code: 'duplicate' },
    }),
    z.refine((entries) => entries.reduce((sum, { split_bps }) => sum + split_bps, 0) <= 10_000, {
      message: 'The shares are more than the whole of 10000',
      params: { code: 'too_big' },
    }),
  ),
})
export type ProposeSplits = z.output<typeof proposeSplits>

/** Of the proposal that the caller has read. */
export const acceptSplits = z.strictObject({ revision: z.int().check(z.minimum(1), z.maximum(2 ** 31 - 1)) })
