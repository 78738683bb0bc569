import { createHash } from 'node:crypto'
import { logger } from '../logger.ts'

export type IsPwned = (password: string) => Promise<boolean>

export interface PwnedPasswordsOptions {
  /** Of a range API such as that of Have I Been Pwned, without a slash at the end; empty asks nobody. */
  readonly url: string
  readonly patienceMs?: number
}

const prefixLength = 5

/**
 * Asks whether a password is known from a breach. Five hexadecimal digits of its hash leave this machine, and
 * the padded answer does not tell by its size which. Who does not answer in time keeps nobody out.
 */
export function createPwnedCheck({ url, patienceMs = 500 }: PwnedPasswordsOptions): IsPwned {
  if (url === '') return async () => false

  return async (password) => {
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
    try {
      const range = await fetchRange(`${url}/${hash.slice(0, prefixLength)}`, patienceMs)
      return (range.get(hash.slice(prefixLength)) ?? 0) > 0
    } catch (error) {
      // The address holds digits of the hash, and an error may hold the address: only its kind is told.
      logger.warn('A password was not looked up among the breached ones', { reason: kindOf(error) })
      return false
    }
  }
}

/** Counts by the rest of the hash. Those that pad the answer have a count of none. */
async function fetchRange(address: string, patienceMs: number): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(address, {
    headers: { 'add-padding': 'true', 'user-agent': 'veza-backend' },
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  })
  if (!response.ok) throw new RangeError(`status ${response.status}`)
  const lines = (await response.text()).trim().split(/\r?\n/)
  return new Map(lines.map(readLine))
}

function readLine(line: string): [string, number] {
  const [, suffix, count] = /^([0-9A-F]{35}):(\d+)$/.exec(line) ?? []
  if (!suffix) throw new RangeError('not a list of hashes')
  return [suffix, Number(count)]
}

function kindOf(error: unknown): string {
  if (error instanceof RangeError) return error.message
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  return cause?.code ?? name ?? 'unknown'
}
