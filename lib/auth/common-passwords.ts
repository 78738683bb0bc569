/** Shorter ones are refused for their length. */
const shortest = 8

let loading: Promise<ReadonlySet<string>> | undefined

/** Whether the password, in any case, is one of those that everybody tries: 17 950 from published breaches. */
export async function isCommonPassword(password: string): Promise<boolean> {
  loading ??= loadCommonPasswords()
  return (await loading).has(fold(password))
}

/** By the first password that is chosen: 380 kB that take 50 ms to unpack, and a sign-in needs none of it. */
export async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const folded = dictionary['passwords-common'].map(fold)
  return new Set(folded.filter((password) => password.length >= shortest))
}

const fold = (password: string) => password.normalize().toLowerCase()
