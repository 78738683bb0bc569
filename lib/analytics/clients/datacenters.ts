import { readFile } from 'node:fs/promises'
import { datacentersFile } from './data-files.ts'
import { parseAddress, toHex } from './networks.ts'

export type IsDatacenter = (ip: string) => Promise<boolean>

interface Ranges {
  /** `first-last`, of one width, in order. */
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
}

/** Whether an address is of those that big hosters rent out. The list is read by the first who asks; it says where it is from. */
export function createDatacenters(file = datacentersFile): IsDatacenter {
  let loading: Promise<Ranges> | undefined
  return async (ip) => {
    const address = parseAddress(ip)
    if (!address) return false
    loading ??= load(file)
    const ranges = await loading
    // Networks of IPv6 are told apart by their upper half.
    return isWithin(ranges[address.kind], toHex(address.bytes.slice(0, 8)))
  }
}

async function load(file: string): Promise<Ranges> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line && !line.startsWith('#'))
  const ofWidth = (digits: number) => lines.filter((line) => line.length === 2 * digits + 1)
  return { ipv4: ofWidth(8), ipv6: ofWidth(16) }
}

/** Hexadecimal of one width sorts as the numbers do. */
function isWithin(ranges: readonly string[], address: string): boolean {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]!.slice(0, address.length) <= address) low = middle + 1
    else high = middle
  }
  return low > 0 && address <= ranges[low - 1]!.slice(address.length + 1)
}
