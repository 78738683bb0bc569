import * as z from 'zod/mini'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { prose } from '../text.ts'

const reportReason = z.enum([
  'spam',
  'harassment',
  'hate',
  'sexual',
  'violence',
  'copyright',
  'impersonation',
  'other',
])

export const report = z.strictObject({ reason: reportReason, note: z._default(prose(1000), '') })
export type Report = z.output<typeof report>

const subjectKind = z.enum(['comment', 'track', 'user'])
export type SubjectKind = z.output<typeof subjectKind>

/**
 * `dismiss` nothing is wrong: what was hidden is shown again · `warn` it stays, and its author is told · `hide` nobody
 * but its author sees it · `remove` it is deleted · `suspend` it is hidden, and its author's account suspended.
 */
export const action = z.enum(['dismiss', 'warn', 'hide', 'remove', 'suspend'])
export type Action = z.output<typeof action>

const state = z.enum(['open', 'resolved'])

/** All reports of one thing. */
const reportCase = z.object({
  id: z.uuid(),
  subject: z.object({ kind: subjectKind, id: z.uuid() }),
  /** Who is responsible for it. */
  user: z.object({ id: z.uuid(), username: z.string() }),
  track_id: z.nullable(z.uuid()),
  /** What it said when it was last reported. */
  excerpt: z.string(),
  state,
  is_hidden: z.boolean(),
  report_count: z.int(),
  reasons: z.array(z.object({ reason: reportReason, count: z.int() })),
  resolution: z.nullable(action),
  resolution_note: z.nullable(z.string()),
  resolved_by: z.nullable(z.uuid()),
  resolved_at: z.nullable(timestamp),
  /** When it was first reported, or again after it was resolved. */
  opened_at: timestamp,
})
export type ReportCase = z.output<typeof reportCase>

export const reportCasePage = page(reportCase)

export const listReports = z.strictObject({
  ...pageQuery.shape,
  state: z._default(state, 'open'),
  kind: z.optional(subjectKind),
  reason: z.optional(reportReason),
})
export type ListReports = z.output<typeof listReports>

export const reportParams = z.object({ report_id: z.uuid() })

export const resolveReport = z
  .strictObject({
    action,
    /** For the record; whoever is suspended is told it. */
    note: z._default(prose(500), ''),
    /** Of a suspension; for good where it is left out. */
    until: z.optional(timestamp),
  })
  .check(
    z.refine(({ action, note }) => action !== 'suspend' || note !== '', {
      path: ['note'],
      message: 'Whoever is suspended is told why',
      params: { code: 'required' },
    }),
    z.refine(({ action, until }) => action === 'suspend' || until === undefined, {
      path: ['until'],
      message: 'Only a suspension ends',
      params: { code: 'invalid' },
    }),
  )
export type ResolveReport = z.output<typeof resolveReport>

/** One report of a case. */
const reportEntry = z.object({
  id: z.uuid(),
  /** Null once their account is deleted, and where the system itself reports. */
  reporter: z.nullable(z.object({ id: z.uuid(), username: z.string() })),
  reason: reportReason,
  note: z.string(),
  /** What the system found; null where somebody reports. */
  evidence: z.nullable(z.string()),
  created_at: timestamp,
  settled_at: z.nullable(timestamp),
})
export type ReportEntry = z.output<typeof reportEntry>

export const reportEntryPage = page(reportEntry)

/** What a comment said before an edit. */
const commentEdit = z.object({ id: z.uuid(), body: z.string(), replaced_at: timestamp })
export type CommentEdit = z.output<typeof commentEdit>

export const commentEditPage = page(commentEdit)
