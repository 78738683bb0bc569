import type { Sql, Transaction } from './client.ts'
import { takeTurn } from './migrate.ts'

/**
 * Lets the application's role log in and use every table, and no more: it owns nothing, so it can change no
 * schema. On RDS it signs in with IAM tokens, which takes membership in `rds_iam`.
 */
export async function grantAppRole(sql: Sql, role: string): Promise<void> {
  await sql.begin(async (tx) => {
    await takeTurn(tx)
    const [known] = await tx`select from pg_roles where rolname = ${role}`
    if (!known) await tx`create role ${tx(role)} login`
    const [onRds] = await tx`select from pg_roles where rolname = 'rds_iam'`
    if (onRds) await tx`grant rds_iam to ${tx(role)}`
    await tx`grant usage on schema public to ${tx(role)}`
    await tx`grant select, insert, update, delete on all tables in schema public to ${tx(role)}`
    await tx`revoke insert, update, delete on migrations from ${tx(role)}`
    await keepTrailWhole(tx, role)
    await tx`revoke update, delete on ledger_movements, ledger_entries from ${tx(role)}`
  })
}

/** The audit trail is only added to, and read, through the table of all its months. */
async function keepTrailWhole(tx: Transaction, role: string) {
  await tx`revoke update, delete, truncate on audit_events from ${tx(role)}`
  const months = await tx<{ name: string }[]>`
    select relname as name from pg_class join pg_inherits on inhrelid = pg_class.oid
    where inhparent = 'audit_events'::regclass
  `
  for (const { name } of months) await tx`revoke all on ${tx(name)} from ${tx(role)}`
  await tx`grant execute on function create_audit_months, drop_audit_months, create_play_months, drop_play_months, create_analytics_months, drop_analytics_months, create_listen_months, drop_listen_months, create_listener_months, drop_listener_months to ${tx(role)}`
}
