const signatures = ['ID3', 'OggS'].map((name) => Buffer.from(name, 'latin1'))

/**
 * What ClamAV takes for music by its first bytes, and then does not look into whatever else is in the file. A piece that
 * is too short to tell counts as well.
 */
export function isPassedOver(head: Uint8Array): boolean {
  const isSync = head[0] === 0xff && ((head[1] ?? 0xff) & 0xe0) === 0xe0
  return isSync || signatures.some((signature) => beginsAlike(signature, head))
}

function beginsAlike(signature: Buffer, head: Uint8Array): boolean {
  const length = Math.min(signature.length, head.length)
  return signature.subarray(0, length).equals(head.subarray(0, length))
}
