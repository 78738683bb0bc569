import type { Throttle } from '../../lib/throttle/throttle.ts'

/** A throttle for tests that are about something else. */
export const unthrottled: Throttle = {
  logins: {
    admit: async () => ({ isCompared: true, succeed: async () => {} }),
    forgive: async () => {},
  },
  attempts: {
    secondFactor: (_user, _origin, compare) => compare(),
    ownPassword: (_user, _origin, compare) => compare(),
  },
  mails: { take: async () => true, tryAddress: async () => {} },
}
