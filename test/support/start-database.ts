import { startServer } from './server.ts'

declare global {
  var stopTestDatabase: (() => Promise<void>) | undefined
}

/** One server for the run; each test file copies its migrated template. */
export default async function startDatabase() {
  const server = await startServer()
  globalThis.stopTestDatabase = server.stop
  process.env.TEST_DATABASE_URL = server.url
  await server.createTemplate()
}
