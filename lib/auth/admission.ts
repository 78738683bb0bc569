import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Db, Sql } from '../db/client.ts'
import { noteDevice } from '../factors/devices.ts'
import { addNotice } from '../notices/notices.ts'
import type { OutboxRelay } from '../outbox.ts'
import type { Entry, OpenSession, SessionReply, SessionService } from '../sessions/service.ts'

export interface AdmissionDependencies {
  readonly sql: Sql
  readonly sessions: Pick<SessionService, 'start' | 'answer'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

/** Of somebody who has passed every factor that was asked for. */
export interface Admittance extends Omit<Entry, 'device_id'> {
  readonly device_secret: string | undefined
  /** Whether a second factor was passed that this device is not to be asked for again. */
  readonly is_trusted: boolean
}

export interface Admitted {
  readonly open: OpenSession
  readonly device_token: string | undefined
}

export type AdmissionReply = SessionReply & { readonly device_token: string | undefined }

export type Admission = ReturnType<typeof createAdmission>

/** The end of every sign-in: the device is noted, the session starts, and the user hears of a new device. */
export function createAdmission({ sql, sessions, relay, now = () => new Date() }: AdmissionDependencies) {
  const tellOfNewDevice = async (tx: Db, user_id: string, session_id: string, origin: Origin) => {
    const entry = { action: 'session.new_device', ...byOwner({ id: user_id, session_id }) } as const
    await recordAudit(tx, entry, origin, now())
    await addNotice(tx, { user_id, kind: 'new_device', session_id }, origin, now())
  }

  const admit = async (tx: Db, admittance: Admittance, origin: Origin): Promise<Admitted> => {
    const { device_secret, is_trusted, ...entry } = admittance
    const user_id = entry.user.id
    const device = await noteDevice(tx, { user_id, device_secret, is_trusted }, origin, now())
    const open = await sessions.start(tx, { ...entry, device_id: device.id }, origin)
    if (device.token && !open.is_first) await tellOfNewDevice(tx, user_id, open.actor.session_id, origin)
    return { open, device_token: device.token }
  }

  const answer = async ({ open, device_token }: Admitted): Promise<AdmissionReply> => {
    await relay.flushSoon()
    return { ...(await sessions.answer(open)), device_token }
  }

  return {
    admit,

    /** Once all is committed. */
    answer,

    /** Nothing where the transaction refused; whoever runs it says why. */
    async enter(work: (tx: Db) => Promise<Admitted | undefined>): Promise<AdmissionReply | undefined> {
      const admitted = await sql.begin(work)
      if (admitted) return answer(admitted)
      await relay.flushSoon()
      return undefined
    },
  }
}
