import type { Sql } from './client.ts'
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
  })
}
