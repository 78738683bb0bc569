import * as z from 'zod/mini'
import { redo } from '../analytics/rollups/service.ts'
import { recordAudit } from '../audit/record.ts'
import { actor } from '../auth/actor.ts'
import { email } from '../auth/schemas.ts'
import type { Sql } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'
import { revokeUser } from '../revocations/revoking.ts'
import { dayMs, later } from '../time.ts'
import { lockUserByEmail, markRole } from './repository.ts'

export const grantRoleRequest = z.strictObject({
  action: z.literal('grant-role'),
  email,
  role: actor.shape.role,
})

/** Days of UTC, both included. */
const redoAnalyticsRequest = z
  .strictObject({ action: z.literal('redo-analytics'), from: z.iso.date(), to: z.iso.date() })
  .check(z.refine(({ from, to }) => from <= to, 'The days begin before their end'))

/** What operators may ask for, past the API. */
export const operatorRequest = z.discriminatedUnion('action', [grantRoleRequest, redoAnalyticsRequest])

export type GrantRole = z.output<typeof grantRoleRequest>
export type RedoAnalytics = z.output<typeof redoAnalyticsRequest>

export interface OperatorDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** Who may invoke it is for IAM to say; CloudTrail has their name. */
export function createOperatorService({ sql, now = () => new Date() }: OperatorDependencies) {
  return {
    grantRole: ({ email, role }: GrantRole, requestId: string) =>
      sql.begin(async (tx) => {
        const user = await lockUserByEmail(tx, email)
        if (!user) throw new Error(`No account has verified the address ${email}`)
        const { id: user_id, username, role: old_role } = user
        if (old_role !== role) {
          const at = now()
          await markRole(tx, user_id, role, at)
          await revokeUser(tx, user_id, 'role_changed', at)
          const details = { by: 'operator', old_role, new_role: role }
          const origin = { ip: '', userAgent: '', requestId }
          await recordAudit(tx, { action: 'user.role_changed', user_id, details }, origin, at)
          await addToOutbox(tx, 'user.updated', { user_id }, requestId)
        }
        return { user_id, username, old_role, role }
      }),

    /** The runs of the schedule then sum these days up anew from the raw rows, as far back as those are kept. */
    async redoAnalytics({ from, to }: RedoAnalytics) {
      const hours = await redo(sql, { from: new Date(from), to: later(new Date(to), dayMs) }, now())
      return { from, to, hours }
    },
  }
}
