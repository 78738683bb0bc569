/** Names that would pass for ours, or that addresses and programs take to mean something else. */
const reserved = new Set([
  ...['veza', 'vezaapp', 'vezamusic', 'vezaofficial', 'vezasupport', 'vezateam', 'teamveza', 'admin'],
  ...['administrator', 'administration', 'admins', 'mod', 'mods', 'moderator', 'moderators'],
  ...['official', 'operator', 'owner', 'root', 'staff', 'sudo', 'superuser', 'sysadmin', 'system'],
  ...['team', 'abuse', 'billing', 'compliance', 'contact', 'copyright', 'dmca', 'hostmaster', 'info'],
  ...['legal', 'mailerdaemon', 'noreply', 'nobody', 'postmaster', 'press', 'privacy', 'sales'],
  ...['security', 'ssladmin', 'support', 'trust', 'usenet', 'verify', 'verified', 'webmaster', 'www'],
  ...['payments', 'payouts', 'refunds', 'about', 'account', 'accounts', 'analytics', 'api', 'app'],
  ...['apps', 'assets', 'auth', 'blog', 'cart', 'cdn', 'chat', 'checkout', 'dashboard', 'developer'],
  ...['developers', 'discover', 'docs', 'download', 'email', 'explore', 'faq', 'favicon', 'feed'],
  ...['graphql', 'health', 'healthz', 'help', 'home', 'images', 'internal', 'jobs', 'library'],
  ...['licenses', 'login', 'logout', 'mail', 'marketplace', 'media', 'messages', 'metrics', 'myself'],
  ...['notifications', 'oauth', 'orders', 'passkeys', 'password', 'playlist', 'playlists', 'policy'],
  ...['privacypolicy', 'products', 'profile', 'public', 'readyz', 'register', 'robots', 'search'],
  ...['session', 'sessions', 'settings', 'share', 'shop', 'signin', 'signout', 'signup', 'sitemap'],
  ...['static', 'status', 'stream', 'streams', 'tags', 'terms', 'tos', 'track', 'tracks', 'trending'],
  ...['upload', 'uploads', 'user', 'username', 'users', 'webhook', 'webhooks', 'wellknown', 'all'],
  ...['anonymous', 'deleted', 'everyone', 'false', 'ghost', 'guest', 'here', 'nan', 'nil', 'none'],
  ...['null', 'self', 'someone', 'test', 'true', 'undefined', 'unknown', 'void', 'you'],
])

const digitsReadAsLetters: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
}

/** Also however it is spaced out or spelt with digits: `_admin_`, `supp0rt`. */
export function isReservedUsername(username: string): boolean {
  const bare = username.replaceAll('_', '')
  const read = bare.replaceAll(/[013457]/g, (digit) => digitsReadAsLetters[digit]!)
  return reserved.has(bare) || reserved.has(read)
}
