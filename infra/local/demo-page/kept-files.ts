/** A file under way, kept by the browser so that an upload goes on after a reload without asking for it again. */
export interface KeptFile {
  readonly track_id: string
  readonly upload_id: string
  readonly file: File
}

/** What is larger is asked for again: keeping it is copying it. */
const largestKept = 1024 ** 3
const store = 'files'

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('veza-demo', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(store, { keyPath: 'track_id' })
  return resultOf(request)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function within<T>(
  mode: IDBTransactionMode,
  work: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open()
  try {
    return await resultOf(work(database.transaction(store, mode).objectStore(store)))
  } finally {
    database.close()
  }
}

/** A browser that keeps nothing, in a private window say, only loses the comfort. */
const orNothing = () => undefined

export async function keepFile(kept: KeptFile): Promise<void> {
  if (kept.file.size <= largestKept) await within('readwrite', (files) => files.put(kept)).catch(orNothing)
}

export async function forgetFile(trackId: string): Promise<void> {
  await within('readwrite', (files) => files.delete(trackId)).catch(orNothing)
}

export async function listKeptFiles(): Promise<readonly KeptFile[]> {
  return (await within<KeptFile[]>('readonly', (files) => files.getAll()).catch(orNothing)) ?? []
}
