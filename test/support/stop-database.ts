import './start-database.ts'

export default async function stopDatabase() {
  await globalThis.stopTestDatabase?.()
}
