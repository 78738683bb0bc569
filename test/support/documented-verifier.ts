import { readFile } from 'node:fs/promises'
import path from 'node:path'

type VerifyCertificate = (
  jws: string,
  keySet: { readonly keys: readonly object[] },
) => Record<string, unknown>

/** The lines of docs/licences.md by which anybody verifies a certificate, as they stand there. */
export async function loadDocumentedVerifier(): Promise<VerifyCertificate> {
  const text = await readFile(path.join(import.meta.dirname, '../../docs/licences.md'), 'utf8')
  const source = /```js\n([\s\S]*?)```/.exec(text)![1]!
  const { verifyCertificate } = await import(`data:text/javascript,${encodeURIComponent(source)}`)
  return verifyCertificate
}
