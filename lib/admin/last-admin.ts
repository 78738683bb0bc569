import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { type Admin, lockAdmins } from './repository.ts'

export function isLast(admins: readonly Admin[], userId: string): boolean {
  const lasting = admins.filter(({ is_lasting }) => is_lasting)
  return lasting.length === 1 && lasting[0]!.id === userId
}

export const nobodyLeft = () => new AppError('conflict', 'Nobody would be an admin any more')

/** Refuses to let the last admin go. To be asked before any other account is locked. */
export async function refuseLastAdmin(tx: Db, userId: string, now: Date): Promise<void> {
  if (isLast(await lockAdmins(tx, now), userId)) throw nobodyLeft()
}
