# The checks of node.toml for serverspec.

require 'serverspec'
set :backend, :exec

def figure(text) = text == 'unlimited' ? Float::INFINITY : text.to_i

{
  'nproc' => 1,
  "awk '/^MemTotal/ { print $2 }' /proc/meminfo" => 1 << 20,
  'df --output=avail -k / | tail -1' => 1 << 20,
  'df --output=avail -k /tmp | tail -1' => 1 << 20,
  "bash -c 'ulimit -n'" => 256,
  "bash -c 'ulimit -u'" => 256
}.each do |asked, least|
  describe command(asked) do
    it { expect(figure(subject.stdout.strip)).to be >= least }
  end
end

describe file('/') do
  it { should be_mounted.with(options: { rw: true }) }
end

describe file('/proc') do
  it { should be_mounted.with(type: 'proc') }
end

describe file('/dev/shm') do
  it { should be_mounted.with(type: 'tmpfs') }
end

%w[/etc/passwd /etc/group].each do |path|
  describe file(path) do
    it { expect([subject.file?, subject.mode, subject.owned_by?('root')]).to eq [true, '644', true] }
  end
end

describe file('/tmp') do
  it { expect([subject.directory?, subject.mode]).to eq [true, '1777'] }
end

describe file('/etc/hosts') do
  its(:content) { should match(/localhost/) }
end

describe file('/etc/os-release') do
  its(:content) { should match(/^ID=/) }
end

describe file('/bin/sh') do
  it { should be_executable }
end

describe file('/var/log') do
  it { expect([subject.directory?, subject.owned_by?('root')]).to eq [true, true] }
end

describe file('/etc/nologin') do
  it { should_not exist }
end

{ '/bin/uname -s' => 'Linux', '/usr/bin/getconf LONG_BIT' => '64', '/usr/bin/getconf PAGE_SIZE' => '4096' }.each do |asked, said|
  describe command(asked) do
    its(:stdout) { should eq "#{said}\n" }
  end
end
