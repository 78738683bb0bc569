import type { Secrets } from '../aws/secrets.ts'

/** The key that signs or seals now, and those that may still verify or open, by `kid`. */
export interface KeyRing {
  readonly kid: string
  readonly keys: ReadonlyMap<string, Uint8Array>
}

/** Gives the keys as they were at most `maxAgeMs` ago. */
export type LoadKeys = (maxAgeMs?: number) => Promise<KeyRing>

const shortestKeyBytes = 32

/** How old the keys may be when something names one that is not among them. */
const unknownKidMaxAgeMs = 30_000

/** The key of this name, which a rotation may have brought since the keys were read. */
export async function findKey(loadKeys: LoadKeys, kid: unknown): Promise<Uint8Array | undefined> {
  if (typeof kid !== 'string') return undefined
  return (await loadKeys()).keys.get(kid) ?? (await loadKeys(unknownKidMaxAgeMs)).keys.get(kid)
}

export function createKeyLoader(secrets: Pick<Secrets, 'read'>, secretId: string): LoadKeys {
  return async (maxAgeMs) => parseKeyRing(await secrets.read(secretId, maxAgeMs))
}

/** Reads `{ kid, key }`, during a rotation with `previous_kid` and `previous_key`. */
export function parseKeyRing(secret: string): KeyRing {
  const { kid, key, previous_kid, previous_key } = parse(secret)
  const current = readKey(kid, key)
  const previous = previous_kid === undefined ? [] : [readKey(previous_kid, previous_key)]
  return { kid: current[0], keys: new Map([...previous, current]) }
}

/** The parser's own message quotes what it could not read. */
function parse(secret: string): Record<string, unknown> {
  try {
    return JSON.parse(secret)
  } catch {
    throw new Error('The secret is not JSON')
  }
}

function readKey(kid: unknown, key: unknown): [kid: string, key: Uint8Array] {
  if (typeof kid !== 'string' || typeof key !== 'string') throw new Error('The secret holds no kid and key')
  const bytes = Buffer.from(key)
  if (bytes.length < shortestKeyBytes)
    throw new Error(`The key ${kid} is shorter than ${shortestKeyBytes} bytes`)
  return [kid, bytes]
}
