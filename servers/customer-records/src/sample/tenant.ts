/** What differs between the tenants of the sample set. Names, companies and addresses of customers do not. */
export interface Tenant {
  readonly tenant: 'acme' | 'globex'
  readonly customersPerRegion: number
  readonly products: readonly string[]
  /** Account managers by region. */
  readonly owners: Readonly<Record<string, readonly string[]>>
}

export const tenants: readonly Tenant[] = [
  {
    tenant: 'acme',
    customersPerRegion: 250,
    products: ['Atlas', 'Borealis', 'Cobalt', 'Delta Sync'],
    owners: {
      DACH: ['hanna.l', 'jonas.w', 'elif.d'],
      FRANCE: ['chloe.m', 'karim.b', 'luc.p'],
      IBERIA: ['ines.r', 'pablo.g', 'marta.v'],
      UKI: ['aoife.k', 'rhys.t', 'priya.n'],
      CEE: ['ewa.z', 'marek.s', 'ola.j'],
      JAPAN: ['kenji.t', 'aiko.m', 'yuto.h'],
      MENA: ['farah.h', 'omar.n', 'lina.s'],
      LATAM: ['bruno.c', 'luiza.f', 'tiago.a'],
    },
  },
  {
    tenant: 'globex',
    customersPerRegion: 50,
    products: ['Quarz', 'Rubin', 'Saphir', 'Topas'],
    owners: {
      DACH: ['p.kessler', 'r.ott'],
      FRANCE: ['m.roux', 's.blanc'],
      IBERIA: ['d.soler', 'c.vidal'],
      UKI: ['g.hart', 'l.moss'],
      CEE: ['b.nowak', 't.kral'],
      JAPAN: ['n.endo', 's.kato'],
      MENA: ['h.saleh', 'r.nasser'],
      LATAM: ['v.costa', 'e.dias'],
    },
  },
]
