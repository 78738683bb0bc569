import { AppError } from '../errors.ts'
import { isCommonPassword } from './common-passwords.ts'
import { type Identity, isLikeIdentity } from './password-rules.ts'
import type { IsPwned } from './pwned-passwords.ts'

export type PasswordPolicy = ReturnType<typeof createPasswordPolicy>

/** Which passwords may be chosen, beyond their length: none that an attacker would try. */
export function createPasswordPolicy({ isPwned }: { readonly isPwned: IsPwned }) {
  return {
    async refuseWeak(password: string, identity: Identity, member = 'password'): Promise<void> {
      if (isLikeIdentity(password, identity)) throw refusePassword(member, 'password_too_similar')
      if ((await isCommonPassword(password)) || (await isPwned(password))) {
        throw refusePassword(member, 'password_breached')
      }
    },
  }
}

const details = {
  password_too_similar: 'The password is too much like the username, the name or the e-mail address',
  password_breached: 'The password is known from a breach; attackers try it first',
  password_unchanged: 'The new password is the present one',
} as const

export const refusePassword = (member: string, code: keyof typeof details) =>
  new AppError('validation_failed', undefined, {
    errors: [{ pointer: `#/body/${member}`, code, detail: details[code] }],
  })
