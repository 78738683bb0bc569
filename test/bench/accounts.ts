import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { hash } from '@node-rs/bcrypt'
import type { Sql } from '../../lib/db/client.ts'
import type { Figure } from './table.ts'

const password = 'correct horse battery'

/** Milliseconds of each call, by what was called. */
export interface AccountTimes {
  readonly login: number[]
  readonly verify: number[]
  readonly register_known: number[]
  readonly register_unknown: number[]
  readonly refused_known: number[]
  readonly refused_unknown: number[]
}

/**
 * A sign-in through the deployed bundle against the bare check of the password in it, and how long it takes to be
 * answered about an address or a name that has an account, beside one that has none.
 */
export async function measureAccounts(
  sql: Sql,
  settings: Readonly<Record<string, string>>,
): Promise<Record<'login' | 'enumeration', Figure[]>> {
  const rounds = 40
  const password_hash = await hash(password, { cost: 12 })
  await seedUsers(sql, rounds, password_hash)
  const aws = await startAws()
  try {
    const times = await timeIn<AccountTimes>(new URL('./accounts-process.ts', import.meta.url), {
      ...settings,
      ...credentials,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
      EVENTS_QUEUE_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}/000000000000/events`,
      BENCH_ACCOUNTS: JSON.stringify({ rounds, password, password_hash }),
    })
    return toFigures(times)
  } finally {
    aws.close()
    aws.closeAllConnections()
  }
}

function toFigures(times: AccountTimes) {
  const at = (values: readonly number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!
  const beside = (name: string, known: readonly number[], unknown: readonly number[]): Figure[] =>
    [0.1, 0.5, 0.9].map((share) => ({
      name: `${name}, p${share * 100}: known beside unknown`,
      ours: at(known, share),
      against: at(unknown, share),
      unit: 'ms',
      compare: 'ratio',
    }))
  const login: Figure = {
    name: 'POST /auth/login against the bare verify, p50',
    ours: at(times.login, 0.5),
    against: at(times.verify, 0.5),
    unit: 'ms',
    compare: 'ratio',
    goal: 1.15,
  }
  return {
    login: [login],
    enumeration: [
      ...beside('POST /auth/register', times.register_known, times.register_unknown),
      ...beside('POST /auth/login, refused', times.refused_known, times.refused_unknown),
    ],
  }
}

/** Each user signs in once and is refused once, so that no limit is met. */
async function seedUsers(sql: Sql, count: number, passwordHash: string) {
  await sql`
    insert into users (username, display_name, email, password_hash, email_verified_at)
    select kind || '_' || at, kind, kind || '_' || at || '@bench.example', ${passwordHash}, now()
    from unnest(${['welcome', 'refused']}::text[]) kind, generate_series(1, ${count}::int) at
  `
}

export const credentials = {
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-east-1',
}

/** Runs the module in a process of its own and waits for the figures that it sends. */
export async function timeIn<Times>(module: URL, env: Readonly<Record<string, string>>): Promise<Times> {
  const child = fork(module, {
    env: { ...process.env, ...env, POWERTOOLS_SERVICE_NAME: 'auth' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`The process that was timed ended with ${code}`)),
  )
  const [times] = (await Promise.race([once(child, 'message'), ended])) as [Times]
  return times
}

/** As much of Secrets Manager and of SQS as the function asks for, on the same machine. */
export async function startAws(): Promise<Server> {
  const secret = JSON.stringify({ kid: '1', key: randomBytes(32).toString('hex') })
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request))
    const isQueue = String(request.headers['x-amz-target']).startsWith('AmazonSQS')
    const answer = isQueue ? acceptAll(body) : { Name: body.SecretId, SecretString: secret }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const acceptAll = ({ Entries }: { Entries: readonly { Id: string; MessageBody: string }[] }) => ({
  Failed: [],
  Successful: Entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  })),
})
