//! Which addresses may be connected to, after a name has been resolved.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anywhere on the internet.
    Public,
    /// This machine, or a network of the user's.
    Private,
    /// The link, among it the services that tell a machine in a cloud its credentials; or no host.
    Never,
}

/// Where an address leads. An IPv6 address that stands for an IPv4 one leads where that leads.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => reach_v4(address),
            None => reach_v6(address),
        },
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    if address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        // This network (RFC 791), and what is reserved (RFC 1112).
        || a == 0
        || a >= 240
        // The metadata service of a cloud that does not use the link.
        || address == Ipv4Addr::new(100, 100, 100, 200)
        || address == Ipv4Addr::new(192, 0, 0, 192)
    {
        Reach::Never
    } else if address.is_private()
        || address.is_loopback()
        // Carriers' networks (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544).
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
    {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        // The metadata service of a cloud, in its unique local range.
        || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
    {
        Reach::Never
    } else if address.is_loopback()
        || address.is_unique_local()
        // Site-local, out of use (RFC 3879).
        || address.segments()[0] & 0xffc0 == 0xfec0
    {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// The IPv4 address in a mapped, compatible, translated (RFC 6052) or 6to4 (RFC 3056) one.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let at = |at: usize| {
        let [a, b] = segments[at].to_be_bytes();
        let [c, d] = segments[at + 1].to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(at(6)),
        [0x2002, ..] => Some(at(1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_reach(wanted: Reach, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(reach(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        assert_reach(Reach::Public, &["1.1.1.1", "93.184.216.34", "2606:4700::1111"]);
    }

    #[test]
    fn this_machine_and_its_networks_are_private_in_every_spelling() {
        assert_reach(
            Reach::Private,
            &[
                "127.0.0.1",
                "127.9.9.9",
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "::1",
                "::ffff:127.0.0.1",
                "::127.0.0.1",
                "64:ff9b::10.0.0.1",
                "2002:7f00:1::",
                "fd12::1",
                "fec0::1",
            ],
        );
    }

    #[test]
    fn what_hands_out_credentials_and_what_is_no_host_is_never_reached() {
        assert_reach(
            Reach::Never,
            &[
                "169.254.169.254",
                "::ffff:169.254.169.254",
                "fd00:ec2::254",
                "100.100.100.200",
                "0.0.0.0",
                "255.255.255.255",
                "224.0.0.1",
                "240.0.0.1",
                "fe80::1",
                "ff02::1",
                "::",
            ],
        );
    }
}
