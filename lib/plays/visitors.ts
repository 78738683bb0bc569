import { createHmac } from 'node:crypto'
import type { LoadKeys } from '../auth/key-ring.ts'
import { networkOf } from '../http/network.ts'

export type VisitorHash = (ip: string) => Promise<Buffer>

export interface VisitorDependencies {
  readonly loadKeys: LoadKeys
  readonly now?: () => Date
}

const hashBytes = 16

/**
 * Tells visitors apart for a day without knowing them: a hash of their network under a key that is nowhere near
 * the rows. The next day they are somebody else.
 */
export function createVisitorHash({ loadKeys, now = () => new Date() }: VisitorDependencies): VisitorHash {
  return async (ip) => {
    const { kid, keys } = await loadKeys()
    const day = now().toISOString().slice(0, 10)
    return createHmac('sha256', keys.get(kid)!)
      .update(`visitor:${day}:${networkOf(ip)}`)
      .digest()
      .subarray(0, hashBytes)
  }
}
