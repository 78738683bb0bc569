import { createHmac } from 'node:crypto'
import { parseAddress, truncate } from './networks.ts'
import type { ReadSalt } from './salts.ts'

export type VisitorHash = (ip: string, userAgent: string) => Promise<Buffer>

export interface VisitorDependencies {
  readonly readSalt: ReadSalt
  readonly now?: () => Date
}

const hashBytes = 16

/** What it gives can be undone by nobody once the salt is gone. */
export const hashWith = (salt: Buffer, text: string): Buffer =>
  createHmac('sha256', salt).update(text).digest().subarray(0, hashBytes)

/** Neither tells who it is: an address by its last part, a program by its name. */
export const networkOf = (ip: string): string => {
  const address = parseAddress(ip)
  return address ? truncate(address) : ip
}

export const visitorOf = (salt: Buffer, ip: string, userAgent: string): Buffer =>
  hashWith(salt, `visitor:${networkOf(ip)}:${userAgent}`)

/**
 * Tells visitors apart for a day without knowing them: a hash of their network and program under the salt of the day.
 * The next day they are somebody else.
 */
export function createVisitorHash({ readSalt, now = () => new Date() }: VisitorDependencies): VisitorHash {
  return async (ip, userAgent) => visitorOf(await readSalt(now()), ip, userAgent)
}
