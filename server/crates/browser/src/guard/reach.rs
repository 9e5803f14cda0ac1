//! Where an IP address leads.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// A host on the internet.
    Internet,
    /// This machine, or a network of the user's.
    Private,
    /// The link, among it the services that tell a machine in a cloud its credentials; or no host.
    Never,
}

/// Services of clouds that tell a machine its credentials, at addresses that are not the link's:
/// Alibaba's, Oracle's, Azure's.
const METADATA: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// Amazon's, in its unique local range.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Where an address leads. An IPv6 address that stands for an IPv4 one leads where that leads.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| reach_v6(address), reach_v4),
    }
}

/// By IANA's registry of special IPv4 addresses.
fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    if METADATA.contains(&address) {
        return Reach::Never;
    }
    match (a, b, c) {
        // Private use (RFC 1918), loopback, carriers' networks (RFC 6598), benchmarks (RFC 2544).
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) => Reach::Private,
        (100, 64..=127, _) | (198, 18..=19, _) => Reach::Private,
        // This network, link-local, protocol assignments, documentation, 6to4 relays, multicast,
        // reserved and broadcast.
        (0 | 224.., ..) | (169, 254, _) | (192, 0, 0 | 2) => Reach::Never,
        (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => Reach::Never,
        _ => Reach::Internet,
    }
}

/// By IANA's registry of special IPv6 addresses: only 2000::/3 is given to hosts of the internet.
fn reach_v6(address: Ipv6Addr) -> Reach {
    if address == METADATA_V6 {
        return Reach::Never;
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // Unique local (RFC 4193), site-local (RFC 3879), translation within a network (RFC 8215).
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => Reach::Private,
        // Protocol assignments, among them Teredo, and documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Internet,
        _ => Reach::Never,
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
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_reach(wanted: Reach, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(reach(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn the_internet_is_reached() {
        assert_reach(
            Reach::Internet,
            &[
                "1.1.1.1",
                "93.184.216.34",
                "172.32.0.1",
                "192.0.1.1",
                "100.128.0.1",
                "223.255.255.1",
            ],
        );
        assert_reach(Reach::Internet, &["2606:4700::1111", "2a00:1450:4001::200e", "2001:200::1"]);
        assert_reach(Reach::Internet, &["64:ff9b::1.1.1.1", "2002:101:101::1", "::ffff:1.1.1.1"]);
    }

    #[test]
    fn this_machine_and_its_networks_are_private_in_every_spelling() {
        assert_reach(
            Reach::Private,
            &["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
        );
        assert_reach(Reach::Private, &["100.64.0.1", "100.127.255.255", "198.18.0.1"]);
        assert_reach(
            Reach::Private,
            &["::1", "fd12::1", "fc00::1", "fec0::1", "64:ff9b:1::1", "::ffff:127.0.0.1"],
        );
        assert_reach(
            Reach::Private,
            &["::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:c0a8:101::1"],
        );
    }

    #[test]
    fn what_hands_out_credentials_and_what_is_no_host_is_never_reached() {
        assert_reach(
            Reach::Never,
            &["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254"],
        );
        assert_reach(
            Reach::Never,
            &["100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"],
        );
        assert_reach(
            Reach::Never,
            &["0.0.0.0", "0.1.2.3", "255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1"],
        );
        assert_reach(Reach::Never, &["192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"]);
        assert_reach(
            Reach::Never,
            &["::", "fe80::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "100::1", "5f00::1"],
        );
    }

    proptest! {
        #[test]
        fn an_ipv4_address_leads_to_the_same_place_however_ipv6_carries_it(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let wanted = reach(v4.into());
            prop_assert_eq!(reach(v4.to_ipv6_mapped().into()), wanted);
            let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
            prop_assert_eq!(reach(translated.into()), wanted);
            prop_assert_eq!(reach(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1).into()), wanted);
        }

        #[test]
        fn what_the_standard_library_calls_local_is_never_the_internet(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified()
            {
                prop_assert_ne!(reach(v4.into()), Reach::Internet);
            }
            let v6 = Ipv6Addr::from(wide);
            if reach(v6.into()) == Reach::Internet {
                prop_assert!(!v6.is_loopback() && !v6.is_unique_local() && !v6.is_multicast());
                prop_assert!(!v6.is_unicast_link_local() && !v6.is_unspecified());
            }
        }
    }
}
