import { type BackEnds, startBackEnds } from '../aws/back-ends.ts'
import { databaseOwner } from '../database-users.ts'
import type { Clamd } from '../parts/clamd.ts'
import { createPostgres, type Postgres } from '../parts/postgres.ts'
import { createPrincipals, type Principals } from '../principals.ts'
import type { Template } from '../template.ts'
import type { Site } from './site.ts'

export interface Services {
  readonly template: Template
  readonly principals: Principals
  readonly postgres: Postgres
  readonly clamd: Clamd
  readonly backEnds: BackEnds
}

/** What functions keep things in, and who they are to it. */
export async function startServices(site: Site, template: Template, clamd: Clamd): Promise<Services> {
  const { data, log, step, closing, ports } = site
  const postgres = createPostgres({
    dataDir: data.path,
    port: ports.database,
    logger: log.of('postgres'),
    ...databaseOwner(template),
  })
  closing.service(postgres.stop)
  await step('PostgreSQL', () => postgres.start())
  const backEnds = await step('S3, SQS, SES, Secrets Manager', () =>
    startBackEnds({ template, dataDir: data.path, logger: log.of('aws'), mailboxPort: ports.mailbox }),
  )
  closing.service(backEnds.close)
  return { template, principals: createPrincipals(template), postgres, clamd, backEnds }
}
