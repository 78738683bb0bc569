import { longestUserAgent, type Origin } from '../audit/record.ts'
import { hashToken, randomToken } from '../auth/one-time-tokens.ts'
import type { Db } from '../db/client.ts'
import { dayMs, later } from '../time.ts'
import {
  deleteDevices,
  endTrust,
  findDevice,
  insertDevice,
  type KnownDevice,
  markSeen,
  markTrusted,
  pruneDevices,
} from './devices-repository.ts'

const trustMs = 30 * dayMs
const mostDevices = 50

/**
 * The device of this user that holds the secret; somebody else's is none. It asks the database even where
 * there is no such user, so that the time it takes does not tell.
 */
export async function findKnownDevice(
  db: Db,
  userId: string | null,
  secret: string | undefined,
): Promise<KnownDevice | undefined> {
  return secret ? findDevice(db, userId, hashToken(secret)) : undefined
}

/** When the second factor was passed on a device that need not pass it again yet. */
export const trustedSince = (device: KnownDevice | undefined, now: Date): Date | undefined =>
  device?.trusted_until && now < device.trusted_until ? (device.second_factor_at ?? undefined) : undefined

export interface SignIn {
  readonly user_id: string
  readonly device_secret: string | undefined
  /** Whether the second factor was passed, and is not to be asked for again on this device. */
  readonly is_trusted: boolean
}

export interface SeenDevice {
  readonly id: string
  /** The secret of a device that was not known before; nobody else ever learns it. */
  readonly token?: string
}

/** Notes where a sign-in comes from, and gives a device that is not known a secret to be known by. */
export async function noteDevice(
  tx: Db,
  { user_id, device_secret, is_trusted }: SignIn,
  origin: Origin,
  now: Date,
): Promise<SeenDevice> {
  const known = await findKnownDevice(tx, user_id, device_secret)
  const sighting = {
    user_agent: origin.userAgent.slice(0, longestUserAgent),
    ip: origin.ip || null,
    last_seen_at: now,
  }
  const token = randomToken()
  const id =
    known?.id ??
    (await insertDevice(tx, { ...sighting, user_id, secret_hash: hashToken(token), created_at: now }))
  if (known) await markSeen(tx, id, sighting)
  else await pruneDevices(tx, user_id, mostDevices)
  if (is_trusted) await markTrusted(tx, id, now, later(now, trustMs))
  return known ? { id } : { id, token }
}

/**
 * Whatever device the user signs in on next is a new one that passes every factor. That of the session
 * which is kept stays known, but has to pass them too.
 */
export async function forgetDevices(tx: Db, userId: string, keptSession?: string): Promise<void> {
  await deleteDevices(tx, userId, keptSession ?? null)
  await endTrust(tx, userId)
}
