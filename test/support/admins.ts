import type { Actor } from '../../lib/auth/actor.ts'
import type { Sql } from '../../lib/db/client.ts'
import type { createAccountsApi } from './accounts.ts'

/** Somebody new of a role, signed in as such. */
export async function signInAs(sql: Sql, api: ReturnType<typeof createAccountsApi>, role: Actor['role']) {
  const user = await api.join()
  await sql`update users set role = ${role} where id = ${user.id}`
  const { body } = await api.login(user.username)
  return {
    ...user,
    token: body.access_token,
    refresh_token: body.refresh_token!,
    session_id: body.session_id,
  }
}
