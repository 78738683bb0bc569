import type { AddressInfo } from 'node:net'
import { credentials, startAws, timeIn } from './accounts.ts'
import type { Figure } from './table.ts'

/** Microseconds. */
export interface SessionTimes {
  readonly refresh: number
  readonly refresh_statements: number
  readonly authorizer: number
  readonly jose: number
  readonly hmac: number
}

/** A refresh against its bare statements, and the authorizer against the bare check of a token. */
export async function measureSessions(settings: Readonly<Record<string, string>>): Promise<Figure[]> {
  const aws = await startAws()
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
  try {
    const times = await timeIn<SessionTimes>(new URL('./sessions-process.ts', import.meta.url), {
      ...settings,
      ...credentials,
      AWS_ENDPOINT_URL: url,
      EVENTS_QUEUE_URL: `${url}/000000000000/events`,
    })
    return toFigures(times)
  } finally {
    aws.close()
    aws.closeAllConnections()
  }
}

const toFigures = ({ refresh, refresh_statements, authorizer, jose, hmac }: SessionTimes): Figure[] => [
  {
    name: 'POST /auth/refresh against its transaction and the user',
    ours: refresh,
    against: refresh_statements,
    unit: 'µs',
    compare: 'ratio',
  },
  {
    name: 'the authorizer against the bare jwtVerify of jose',
    ours: authorizer,
    against: jose,
    unit: 'µs',
    compare: 'ratio',
    goal: 1.5,
  },
  {
    name: 'the authorizer against the bare HMAC',
    ours: authorizer,
    against: hmac,
    unit: 'µs',
    compare: 'ratio',
  },
]
