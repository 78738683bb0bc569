import { fitsBcrypt } from './password-rules.ts'

export type Passwords = ReturnType<typeof createPasswords>

export function createPasswords({ cost }: { cost: number }) {
  const hashPassword = async (password: string) => (await loadBcrypt()).hash(password, { cost })

  /** A hash of cost n and one each of n, n + 1 … below `cost` take as long together as one of `cost`. */
  const makeUpFor = async (storedHash: string, password: string) => {
    const { hash } = await loadBcrypt()
    for (let paid = costOf(storedHash); paid < cost; paid++) await hash(password, { cost: paid })
  }

  return {
    hash: hashPassword,

    /** A refusal takes as long whether there is a hash and of which cost, so nobody learns which accounts exist. */
    async matches(password: string, storedHash: string | undefined): Promise<boolean> {
      if (storedHash === undefined) {
        await hashPassword(password)
        return false
      }
      const { verify } = await loadBcrypt()
      if ((await verify(password, storedHash)) && fitsBcrypt(password)) return true
      await makeUpFor(storedHash, password)
      return false
    },

    /** Whether the hash is cheaper to guess from than one made today. */
    isOutdated: (storedHash: string) => costOf(storedHash) < cost,
  }
}

/** Of `$2b$12$…`. */
const costOf = (hash: string) => Number(hash.slice(4, 6))

/** By the first password: a refresh or a logout needs none, and the binary takes 5 ms to load. */
const loadBcrypt = () => import('@node-rs/bcrypt')
