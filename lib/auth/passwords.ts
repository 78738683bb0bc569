import { hash, verify } from '@node-rs/bcrypt'
import { fitsBcrypt } from './password-rules.ts'

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
