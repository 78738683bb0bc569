/** Which upload a track had last: the API tells of an upload by its id only. */
const key = 'veza.demo.uploads'
const most = 50

function read(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}')
  } catch {
    return {}
  }
}

export function rememberUpload(trackId: string, uploadId: string): void {
  const { [trackId]: _before, ...others } = read()
  const entries = [...Object.entries(others), [trackId, uploadId]].slice(-most)
  localStorage.setItem(key, JSON.stringify(Object.fromEntries(entries)))
}

export const recallUpload = (trackId: string): string | undefined => read()[trackId]
