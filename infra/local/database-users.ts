import postgres from 'postgres'
import type { Template } from './template.ts'

/** Who owns the database, and its name, as the cluster of the template has them. */
export function databaseOwner(template: Pick<Template, 'ofType'>) {
  const [cluster] = template.ofType('AWS::RDS::DBCluster')
  if (!cluster) throw new Error('The template has no database cluster')
  const { MasterUsername, DatabaseName } = cluster.properties
  return { user: String(MasterUsername), database: String(DatabaseName) }
}

/** On AWS these roles sign in by an IAM token; here by the owner's password, so that their grants are the same. */
export async function openToFunctions(
  template: Pick<Template, 'ofType'>,
  databaseUrl: string,
): Promise<void> {
  const url = new URL(databaseUrl)
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    const roles = await sql<{ rolname: string }[]>`
      select rolname from pg_roles where rolname = any(${usersOf(template)}) and rolname <> ${url.username}`
    for (const { rolname } of roles) {
      await sql.unsafe(`alter role "${rolname}" login password '${decodeURIComponent(url.password)}'`)
    }
  } finally {
    await sql.end()
  }
}

function usersOf(template: Pick<Template, 'ofType'>): string[] {
  const users = template
    .ofType('AWS::Lambda::Function')
    .map(
      ({ properties }) =>
        (properties.Environment as { Variables?: { PGUSER?: string } } | undefined)?.Variables?.PGUSER,
    )
  return [...new Set(users.filter((user) => user !== undefined))]
}
