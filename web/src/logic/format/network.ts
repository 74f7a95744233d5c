/** A network as the API names it: an IPv4 address, or the first address of a /64 of IPv6. */
export function networkText(network: string): string {
  return network.includes(":") && !network.includes("/") ? `${network}/64` : network;
}
