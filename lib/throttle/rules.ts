/** How often something secret may be guessed. */
export interface Rule {
  readonly name: string
  /** Attempts that may fail before the first wait, in so many seconds from the first of them. */
  readonly free: number
  readonly window_seconds: number
  /** After the free attempts, and then after each that fails; the last one stays. */
  readonly waits_seconds: readonly number[]
}

/** From the last failure on, where no success comes before. */
export const forgottenAfterSeconds = 12 * 3_600

const minutes = (...counts: number[]) => counts.map((count) => count * 60)
const progressive = minutes(1, 2, 4, 8, 15)

/** A password, from one network against one account. */
export const fromNetwork = { name: 'network', free: 5, window_seconds: 900, waits_seconds: progressive }
/** The same, from a device that has signed in to the account before: wherever it is, it counts for itself. */
export const fromDevice = { ...fromNetwork, name: 'device' }
/** From all devices together that never have. It ends what a crowd of networks can try in 12 hours. */
export const fromStrangers = {
  name: 'strangers',
  free: 100,
  window_seconds: 3_600,
  waits_seconds: progressive,
}

/** From here on each network has one free attempt: the account is under attack. */
export const strainedAt = 20

/** Accounts that one network may fail at in an hour. */
export const accountsPerHour = 20

/** Codes of the second factor, one after the other. */
export const secondFactor = {
  name: 'second_factor',
  free: 10,
  window_seconds: forgottenAfterSeconds,
  waits_seconds: minutes(15),
}
export const codesPerMinute = 15

/** The password of a user who is signed in already. */
export const ownPassword = { name: 'own_password', free: 5, window_seconds: 900, waits_seconds: minutes(15) }

/** Mails that an address may be made to get, of one kind; with a minute between them there are never 3 in one. */
export const mailGapSeconds = 60
export const mailsPerHalfHour = 5

/** Addresses that one account may be asked to move to: a mailbox may have any number of them. */
export const addressesTried = { quota: 5, window_seconds: 1_800 }
