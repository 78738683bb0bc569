import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import postgres from 'postgres'
import { createPasswords } from '../../lib/auth/passwords.ts'
import type { Outcome } from './lambda/outcome.ts'

export interface AdminAccount {
  readonly email: string
  readonly password: string
}

export interface AdminOptions {
  /** Where the password is kept, for nobody can read it from the database. */
  readonly dataDir: string
  /** As the owner of the database: nobody else can make an account that is verified. */
  readonly databaseUrl: string
  readonly invoke: (target: string, payload: string) => Promise<Outcome>
}

const email = 'admin@veza.example'
const username = 'local_admin'
const cost = 12

/** Makes the admin of this platform on its first start: an account like any other, its role granted as on AWS. */
export async function ensureAdmin({ dataDir, databaseUrl, invoke }: AdminOptions): Promise<AdminAccount> {
  const file = path.join(dataDir, 'admin.json')
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AdminAccount) : undefined
  const account = kept ?? { email, password: randomBytes(18).toString('base64url') }
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    const [user] = await sql<[{ role: string }?]>`select role from users where email = ${account.email}`
    if (!user || !kept) await writeAccount(sql, account)
    if (!kept) writeFileSync(file, `${JSON.stringify(account)}\n`, { mode: 0o600 })
    if (user?.role !== 'admin') await grantAdmin(account, invoke)
  } finally {
    await sql.end()
  }
  return account
}

async function writeAccount(sql: postgres.Sql, { email, password }: AdminAccount) {
  const hash = await createPasswords({ cost }).hash(password)
  await sql`
    insert into users (username, display_name, email, email_verified_at, password_hash)
    values (${username}, 'Local admin', ${email}, now(), ${hash})
    on conflict (email) do update set password_hash = excluded.password_hash
  `
}

async function grantAdmin({ email }: AdminAccount, invoke: AdminOptions['invoke']) {
  const request = { action: 'grant-role', email, role: 'admin' }
  const { payload, functionError } = await invoke('veza-local-ops', JSON.stringify(request))
  if (functionError) throw new Error(`The admin account got no role: ${payload}`)
}
