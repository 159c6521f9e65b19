module signalbox/interop/management

go 1.25

require github.com/michaelklishin/rabbit-hole/v2 v2.12.0
