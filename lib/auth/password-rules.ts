/** bcrypt ignores what comes after. */
export const longestPasswordBytes = 72

export const fitsBcrypt = (password: string) => Buffer.byteLength(password) <= longestPasswordBytes

/** What an attacker who knows the account tries first. */
export interface Identity {
  readonly username: string
  readonly display_name: string
  readonly email: string
}

export function isLikeIdentity(password: string, { username, display_name, email }: Identity): boolean {
  const mailbox = email.slice(0, email.lastIndexOf('@'))
  return [username, display_name, email, mailbox].some((name) => isTooSimilar(password, name))
}

/** Fewer edits apart than this is the same thing. */
const fewestEdits = 5

/** A few edits away, or the name makes up more than half of the password: the rule of Ory Kratos. */
export function isTooSimilar(password: string, name: string): boolean {
  if (name === '') return false
  const [a, b] = [password.toLowerCase(), name.toLowerCase()]
  return countEdits(a, b) < fewestEdits || measureOverlap(a, b) > a.length / 2
}

/** The distance of Levenshtein, in one row of its table. */
function countEdits(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const replaced = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      diagonal = row[j]!
      row[j] = Math.min(replaced, diagonal + 1, row[j - 1]! + 1)
    }
  }
  return row[b.length]!
}

/** The length of the longest substring of both. */
function measureOverlap(a: string, b: string): number {
  const row = new Array<number>(b.length + 1).fill(0)
  let longest = 0
  for (let i = 1; i <= a.length; i++) {
    for (let j = b.length; j >= 1; j--) {
      row[j] = a[i - 1] === b[j - 1] ? row[j - 1]! + 1 : 0
      longest = Math.max(longest, row[j]!)
    }
  }
  return longest
}
