import * as z from 'zod/mini'
import { moment, page, pageQuery, timestamp } from '../http/route.ts'
import { who } from '../users/who.ts'
import { auditActions } from './actions.ts'

const detail = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What a user is told of what happened to their account. */
export const securityEvent = z.object({
  id: z.uuid(),
  at: timestamp,
  action: z.string(),
  outcome: z.enum(['success', 'failure']),
  ip: z.nullable(z.string()),
  user_agent: z.string(),
  session_id: z.nullable(z.uuid()),
  details: z.record(z.string(), detail),
})

export const securityEventPage = page(securityEvent)

/** What an admin sees of it. */
export const auditEvent = z.extend(securityEvent, {
  actor_id: z.nullable(z.uuid()),
  user_id: z.nullable(z.uuid()),
  target: z.nullable(z.string()),
  request_id: z.nullable(z.string()),
})

export const auditEventPage = page(auditEvent)

export const listAudit = z.strictObject({
  ...pageQuery.shape,
  /** Who did it. */
  actor: z.optional(who),
  /** Whose account it concerns. */
  user: z.optional(who),
  action: z.optional(z.enum(auditActions)),
  outcome: z.optional(securityEvent.shape.outcome),
  /** What it was done to, as `kind:id`; an account may be named as an actor is. */
  target: z.optional(who),
  from: z.optional(moment),
  /** Not itself included. */
  to: z.optional(moment),
})

export type AuditEvent = z.output<typeof auditEvent>
export type ListAudit = z.output<typeof listAudit>
