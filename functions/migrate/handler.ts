import { existsSync } from 'node:fs'
import path from 'node:path'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { grantAppRole } from '../../lib/db/app-role.ts'
import { connect, type DatabaseSettings, databaseSettings } from '../../lib/db/client.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { logger } from '../../lib/logger.ts'

/** Run by the deployment before any function that needs the new tables; asking again changes nothing. */
export async function handler(): Promise<{ applied: string[] }> {
  const sql = connect(await ownerSettings())
  try {
    const applied = await migrate(sql, migrationsFolder())
    const appUser = process.env.APP_DATABASE_USER
    if (appUser) await grantAppRole(sql, appUser)
    logger.info('The database is up to date', { applied })
    return { applied }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** As the owner of the tables, with the password that RDS keeps; one file may take minutes. */
async function ownerSettings(): Promise<DatabaseSettings> {
  const settings = { ...databaseSettings(), queryDeadlineMs: 14 * 60 * 1000 }
  const secretArn = process.env.DATABASE_ADMIN_SECRET_ARN
  if (settings.password || !secretArn) return settings
  const { username, password } = JSON.parse(await createSecrets().read(secretArn))
  return { ...settings, user: username, password }
}

/** Beside the bundle when there is one, else where the sources have them. */
function migrationsFolder(): string {
  const bundled = typeof __dirname === 'string' ? path.join(__dirname, 'migrations') : ''
  return existsSync(bundled) ? bundled : path.resolve('lib/db/migrations')
}
