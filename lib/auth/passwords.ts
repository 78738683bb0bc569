import { fitsBcrypt } from './password-rules.ts'

export type Passwords = ReturnType<typeof createPasswords>

export function createPasswords({ cost }: { cost: number }) {
  const hashPassword = async (password: string) => (await loadBcrypt()).hash(password, { cost })

  return {
    hash: hashPassword,

    /** Takes as long without a hash to compare with, so that nobody learns which accounts exist. */
    async matches(password: string, storedHash: string | undefined): Promise<boolean> {
      if (storedHash === undefined) {
        await hashPassword(password)
        return false
      }
      const { verify } = await loadBcrypt()
      return (await verify(password, storedHash)) && fitsBcrypt(password)
    },
  }
}

/** By the first password: a refresh or a logout needs none, and the binary takes 5 ms to load. */
const loadBcrypt = () => import('@node-rs/bcrypt')
