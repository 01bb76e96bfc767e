/** Protocol numbers of IPv4 and next header values of IPv6 (IANA registry). */
export const IpProtocol = {
  HOP_BY_HOP: 0,
  ICMPV4: 1,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ENCAPSULATION: 50,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  NO_NEXT_HEADER: 59,
  DESTINATION_OPTIONS: 60,
  SCTP: 132,
} as const;
