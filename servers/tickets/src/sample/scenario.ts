/** A kind of ticket that people really write; `{host}` and other slots make several tickets of it. */
export interface Scenario {
  readonly language: Language
  readonly template?: 'bug' | 'incident' | 'change' | 'request'
  readonly labels: readonly string[]
  readonly title: string
  /** What stands above the sections, or all there is. */
  readonly text: string
  /** Under the sections of the template, in their order. */
  readonly sections?: readonly string[]
  readonly criteria: readonly string[]
}

export type Language = 'en' | 'de' | 'fr' | 'es' | 'pt' | 'it' | 'nl' | 'pl' | 'ja' | 'zh' | 'ar'

/** What a slot may stand for. A scenario's tickets take one value after the other, so that no two are alike. */
export const slots: Readonly<Record<string, readonly string[]>> = {
  host: ['db-03', 'web-12', 'cache-02', 'build-07', 'mail-01', 'edge-fra-2', 'nas-05', 'node-14'],
  service: [
    'billing-api',
    'search-indexer',
    'image-proxy',
    'session-store',
    'export-worker',
    'notify-hub',
    'geo-lookup',
  ],
  browser: ['Safari 18.2', 'Firefox 140', 'Chrome 142', 'Edge 141', 'Samsung Internet 27', 'Safari 17.6'],
  city: ['Lyon', 'Hamburg', 'Porto', 'Osaka', 'Gdańsk', 'Valencia', 'Utrecht', 'Casablanca'],
  page: ['cart', 'account page', 'product list', 'wishlist', 'order history', 'store finder', 'gift card page'],
  percent: ['71', '93', '88', '97', '64', '82', '76'],
  minutes: ['12', '45', '20', '7', '33', '90', '18'],
  clock: ['02:15', '06:40', '23:05', '11:30', '17:55', '04:20', '09:10'],
  version: ['4.18.2', '4.19.0', '5.0.1', '5.1.0', '5.1.3', '5.2.0', '4.17.9'],
  amount: ['12.90', '249.00', '1,180.50', '36.45', '88.10', '540.00', '7.99'],
  order: ['A-48213', 'A-50177', 'A-51902', 'A-53348', 'A-53990', 'A-54416', 'A-55071'],
  bank: ['Norbank', 'Crédit du Port', 'Banca Adria', 'Sparhaus', 'Midori Bank', 'Banco Serra', 'Atlas Bank'],
}
