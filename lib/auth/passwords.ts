import { hash, verify } from '@node-rs/bcrypt'
import { AppError } from '../errors.ts'

/** bcrypt ignores what comes after. */
export const longestPasswordBytes = 72

export const fitsBcrypt = (password: string) => Buffer.byteLength(password) <= longestPasswordBytes

export type Passwords = ReturnType<typeof createPasswords>

export function createPasswords({ cost }: { cost: number }) {
  const hashPassword = (password: string) => hash(password, { cost })

  return {
    hash: hashPassword,

    /** Takes as long without a hash to compare with, so that nobody learns which accounts exist. */
    async matches(password: string, storedHash: string | undefined): Promise<boolean> {
      if (storedHash === undefined) {
        await hashPassword(password)
        return false
      }
      return (await verify(password, storedHash)) && fitsBcrypt(password)
    },
  }
}

/** Refuses what an attacker who knows the account tries first. */
export function refuseWeakPassword({
  password,
  username,
  email,
}: Record<'password' | 'username' | 'email', string>) {
  const guesses = [username, email, email.slice(0, email.lastIndexOf('@'))]
  if (!guesses.includes(password.toLowerCase())) return
  throw new AppError('validation_failed', 'The password is too easy to guess', {
    errors: [
      {
        pointer: '#/body/password',
        code: 'password_too_weak',
        detail: 'The password must differ from the username and the e-mail address',
      },
    ],
  })
}
